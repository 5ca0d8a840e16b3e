import { type FieldError, FieldPath, fieldErrors, humanAge, type KubeObject } from "@drydock/apimachinery";
import type { CoreV1Event, EventsV1Event } from "@drydock/kube-api";
import { column, defineKind, wideColumn } from "../meta/define-kind.ts";
import { findings } from "../meta/rules.ts";

/** Events are served by two groups over the same stored objects; core/v1 is the stored form. */
export const coreEvent = defineKind<CoreV1Event>({
  kind: "Event",
  resource: "events",
  shortNames: ["ev"],
  schema: "io.k8s.api.core.v1.Event",
  strategy: {
    // The older group shows who reports even where nobody said.
    setDefaults(event) {
      event.reportingComponent ??= "";
      event.reportingInstance ??= "";
    },
    allowCreateOnUpdate: true,
    validate: (event) => validateNamespace(event, FieldPath.of("involvedObject", "namespace")),
    validateUpdate: (event) => validateNamespace(event, FieldPath.of("involvedObject", "namespace")),
  },
  allColumns: eventColumns((event) => event),
  selectableFields: {
    "involvedObject.kind": ({ involvedObject }) => involvedObject.kind ?? "",
    "involvedObject.namespace": ({ involvedObject }) => involvedObject.namespace ?? "",
    "involvedObject.name": ({ involvedObject }) => involvedObject.name ?? "",
    "involvedObject.uid": ({ involvedObject }) => involvedObject.uid ?? "",
    "involvedObject.apiVersion": ({ involvedObject }) => involvedObject.apiVersion ?? "",
    "involvedObject.resourceVersion": ({ involvedObject }) => involvedObject.resourceVersion ?? "",
    "involvedObject.fieldPath": ({ involvedObject }) => involvedObject.fieldPath ?? "",
    reason: ({ reason }) => reason ?? "",
    reportingComponent: ({ reportingComponent }) => reportingComponent ?? "",
    source: ({ source, reportingComponent }) => source?.component || reportingComponent || "",
    type: ({ type }) => type ?? "",
  },
});

export const event = defineKind<EventsV1Event>({
  group: "events.k8s.io",
  kind: "Event",
  resource: "events",
  shortNames: ["ev"],
  schema: "io.k8s.api.events.v1.Event",
  strategy: {
    allowCreateOnUpdate: true,
    validate: validateNewEvent,
    validateUpdate: (object) => validateNamespace(toCore(object), FieldPath.of("regarding", "namespace")),
  },
  allColumns: eventColumns((object) => toCore(object as EventsV1Event)),
  selectableFields: {
    "regarding.kind": ({ regarding }) => regarding?.kind ?? "",
    "regarding.namespace": ({ regarding }) => regarding?.namespace ?? "",
    "regarding.name": ({ regarding }) => regarding?.name ?? "",
    "regarding.uid": ({ regarding }) => regarding?.uid ?? "",
    "regarding.apiVersion": ({ regarding }) => regarding?.apiVersion ?? "",
    reason: ({ reason }) => reason ?? "",
    type: ({ type }) => type ?? "",
    reportingController: ({ reportingController }) => reportingController ?? "",
  },
  conversion: {
    storageGroup: "",
    storageVersion: "v1",
    storageKind: "Event",
    toStorage: toCore,
    fromStorage: (object) => fromCore(object as CoreV1Event),
  },
});

/** An event stands in the namespace of what it is about; what has none is told of in `default`. */
function validateNamespace({ metadata, involvedObject }: CoreV1Event, path: FieldPath): FieldError[] {
  const namespace = involvedObject?.namespace ?? "";
  const isRight =
    namespace === "" ? ["default", "kube-system"].includes(metadata.namespace ?? "") : namespace === metadata.namespace;
  return isRight ? [] : [fieldErrors.invalid(path, namespace, "does not match event.namespace")];
}

/** The newer group asks for more, and takes none of the older fields. */
function validateNewEvent(event: EventsV1Event): FieldError[] {
  const required = ["reportingController", "reportingInstance", "action", "reason"] as const;
  return findings(
    validateNamespace(toCore(event), FieldPath.of("regarding", "namespace")),
    !event.eventTime && fieldErrors.required(FieldPath.of("eventTime")),
    required.map((field) => !event[field] && fieldErrors.required(FieldPath.of(field))),
    event.type !== "Normal" &&
      event.type !== "Warning" &&
      fieldErrors.invalid(FieldPath.of("type"), "", `has invalid value: ${event.type ?? ""}`),
    event.deprecatedCount !== undefined &&
      fieldErrors.invalid(FieldPath.of("deprecatedCount"), event.deprecatedCount, "needs to be unset"),
  );
}

function toCore(event: EventsV1Event): CoreV1Event {
  const {
    regarding,
    note,
    deprecatedCount,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedSource,
    reportingController = "",
    reportingInstance = "",
    ...rest
  } = event;
  return {
    ...rest,
    apiVersion: "v1",
    kind: "Event",
    involvedObject: regarding ?? {},
    ...(note === undefined ? {} : { message: note }),
    ...(deprecatedCount === undefined ? {} : { count: deprecatedCount }),
    ...(deprecatedFirstTimestamp === undefined ? {} : { firstTimestamp: deprecatedFirstTimestamp }),
    ...(deprecatedLastTimestamp === undefined ? {} : { lastTimestamp: deprecatedLastTimestamp }),
    ...(deprecatedSource === undefined ? {} : { source: deprecatedSource }),
    reportingComponent: reportingController,
    reportingInstance,
  } as CoreV1Event;
}

function fromCore(event: CoreV1Event): EventsV1Event {
  const { involvedObject, message, count, firstTimestamp, lastTimestamp, source, ...more } = event;
  const { reportingComponent, reportingInstance, ...rest } = more;
  return {
    ...rest,
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    regarding: involvedObject,
    ...(message === undefined ? {} : { note: message }),
    ...(count === undefined ? {} : { deprecatedCount: count }),
    ...(firstTimestamp === undefined ? {} : { deprecatedFirstTimestamp: firstTimestamp }),
    ...(lastTimestamp === undefined ? {} : { deprecatedLastTimestamp: lastTimestamp }),
    ...(source === undefined ? {} : { deprecatedSource: source }),
    ...(reportingComponent && { reportingController: reportingComponent }),
    ...(reportingInstance && { reportingInstance }),
  } as unknown as EventsV1Event;
}

function eventColumns<T extends KubeObject>(core: (object: T) => CoreV1Event) {
  const seen = (text: string | undefined, nowMs: number) => humanAge(text, nowMs);
  return [
    column<T>("Last Seen", (object, nowMs) =>
      seen(core(object).lastTimestamp ?? core(object).eventTime ?? object.metadata.creationTimestamp, nowMs),
    ),
    column<T>("Type", (object) => core(object).type ?? ""),
    column<T>("Reason", (object) => core(object).reason ?? ""),
    column<T>("Object", (object) => {
      const { kind = "", name = "" } = core(object).involvedObject;
      return `${kind.toLowerCase()}/${name}`;
    }),
    wideColumn<T>("Subobject", (object) => core(object).involvedObject.fieldPath ?? ""),
    wideColumn<T>("Source", (object) =>
      [core(object).source?.component, core(object).source?.host].filter(Boolean).join(", "),
    ),
    column<T>("Message", (object) => (core(object).message ?? "").trim()),
    wideColumn<T>("First Seen", (object, nowMs) =>
      seen(core(object).firstTimestamp ?? object.metadata.creationTimestamp, nowMs),
    ),
    wideColumn<T>("Count", (object) => core(object).count ?? 1),
    { ...wideColumn<T>("Name", ({ metadata }) => metadata.name), format: "name" },
  ];
}
