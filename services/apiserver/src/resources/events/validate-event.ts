import { type FieldError, FieldPath, fieldErrors, isDns1123Subdomain, isQualifiedName } from "@drydock/apimachinery";
import type { CoreV1Event } from "@drydock/kube-api";
import { type Finding, findings, immutable } from "../meta/rules.ts";

const WORD_MAX = 128;
const NOTE_MAX = 1024;

/** What holds for events of both groups. Fields have the names of the older one, save that of who reports. */
export function validateAnyEvent(
  event: CoreV1Event,
  reporter: "reportingComponent" | "reportingController",
): FieldError[] {
  const namespace = event.metadata.namespace ?? "";
  return findings(
    event.eventTime ? validateReported(event, FieldPath.of(reporter)) : validateOldNamespace(event),
    isDns1123Subdomain(namespace).map((text) => fieldErrors.invalid(FieldPath.of("namespace"), namespace, text)),
  );
}

const NAMESPACE = FieldPath.of("involvedObject", "namespace");

/** An event stands in the namespace of what it is about; what has none is told of in `default`. */
function validateOldNamespace({ metadata, involvedObject }: CoreV1Event): Finding {
  const about = involvedObject?.namespace ?? "";
  const own = metadata.namespace ?? "";
  const isRight = about === "" ? own === "" || own === "default" : about === own;
  return !isRight && fieldErrors.invalid(NAMESPACE, about, "does not match event.namespace");
}

/** Of events that say when they were, more is asked. */
function validateReported(event: CoreV1Event, reporterPath: FieldPath): Finding {
  const { metadata, involvedObject, message = "" } = event;
  const about = involvedObject?.namespace ?? "";
  const reporter = event.reportingComponent ?? "";
  const words = (["reportingInstance", "action", "reason"] as const).map((field): Finding => {
    const path = FieldPath.of(field);
    if (!event[field]) return fieldErrors.required(path);
    return event[field].length > WORD_MAX && fieldErrors.invalid(path, "", `can have at most ${WORD_MAX} characters`);
  });
  return [
    about === "" &&
      !["default", "kube-system"].includes(metadata.namespace ?? "") &&
      fieldErrors.invalid(NAMESPACE, about, "does not match event.namespace"),
    reporter === "" && fieldErrors.required(reporterPath),
    isQualifiedName(reporter).map((text) => fieldErrors.invalid(reporterPath, reporter, text)),
    words,
    message.length > NOTE_MAX &&
      fieldErrors.invalid(FieldPath.of("message"), "", `can have at most ${NOTE_MAX} characters`),
  ];
}

/** The newer group asks for more, and takes none of the older fields. */
export function validateNewEvent(event: CoreV1Event): FieldError[] {
  const { type = "", source } = event;
  const unset = (field: string, isSet: boolean): Finding =>
    isSet && fieldErrors.invalid(FieldPath.of(field), "", "needs to be unset");
  return findings(
    validateSeries(event),
    !event.eventTime && fieldErrors.required(FieldPath.of("eventTime")),
    type !== "Normal" &&
      type !== "Warning" &&
      fieldErrors.invalid(FieldPath.of("type"), "", `has invalid value: ${type}`),
    unset("firstTimestamp", !!event.firstTimestamp),
    unset("lastTimestamp", !!event.lastTimestamp),
    unset("count", (event.count ?? 0) !== 0),
    unset("source", !!source?.component || !!source?.host),
  );
}

const kept = [
  ...["involvedObject", "reason", "message", "source", "firstTimestamp", "lastTimestamp", "count", "reason", "type"],
  ...["eventTime", "action", "related", "reportingController", "reportingInstance"],
];

/** Through the newer group an event changes in its series alone. */
export function validateChangedEvent(event: CoreV1Event, old: CoreV1Event): FieldError[] {
  const fieldsOf = (one: CoreV1Event): Readonly<Record<string, unknown>> => ({
    ...one,
    reportingController: one.reportingComponent,
  });
  const [now, before] = [fieldsOf(event), fieldsOf(old)];
  return findings(
    JSON.stringify(event.series) !== JSON.stringify(old.series) && validateSeries(event),
    kept.map((field) => immutable(now[field], before[field], FieldPath.of(field))),
  );
}

function validateSeries({ series }: CoreV1Event): Finding {
  if (!series) return undefined;
  return [
    (series.count ?? 0) < 2 && fieldErrors.invalid(FieldPath.of("series.count"), "", "should be at least 2"),
    !series.lastObservedTime && fieldErrors.required(FieldPath.of("series.lastObservedTime")),
  ];
}
