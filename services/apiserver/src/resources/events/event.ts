import { humanAge, type KubeObject } from "@drydock/apimachinery";
import type { CoreV1Event, EventsV1Event } from "@drydock/kube-api";
import { column, defineKind, nameRules, wideColumn } from "../meta/define-kind.ts";
import { validateAnyEvent, validateChangedEvent, validateNewEvent } from "./validate-event.ts";

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
    validateName: nameRules.pathSegment,
    validateFirst: (event) => ({ errors: validateAnyEvent(event, "reportingComponent"), isFinal: true }),
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
    validateFirst: (object) => ({ errors: validateAnyEvent(toCore(object), "reportingController"), isFinal: false }),
    validate: (object) => validateNewEvent(toCore(object)),
    validateUpdate: (object, old) => validateChangedEvent(toCore(object), toCore(old)),
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
