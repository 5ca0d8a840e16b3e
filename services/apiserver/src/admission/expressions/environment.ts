import {
  authorizerType,
  type CelEnvironment,
  type CelType,
  dyn,
  listType,
  mapType,
  type ObjectType,
  objectType,
  patchType,
  resourceType,
  simpleType,
} from "@drydock/cel";

const string = simpleType("string");
const bool = simpleType("bool");
const int = simpleType("int");
const timestamp = simpleType("timestamp");
const strings = listType(string);

const kind = objectType("kubernetes.GroupVersionKind", { group: string, version: string, kind: string });
const resource = objectType("kubernetes.GroupVersionResource", { group: string, version: string, resource: string });

/** `request`: what AdmissionReview says of a request, without its objects. */
const requestType: ObjectType = objectType("kubernetes.AdmissionRequest", {
  kind,
  resource,
  subResource: string,
  requestKind: kind,
  requestResource: resource,
  requestSubResource: string,
  name: string,
  namespace: string,
  operation: string,
  userInfo: objectType("kubernetes.UserInfo", {
    username: string,
    uid: string,
    groups: strings,
    extra: mapType(string, strings),
  }),
  dryRun: bool,
  options: dyn,
});

/** `namespaceObject`: the part of a Namespace that expressions may read. */
const namespaceType: ObjectType = objectType("kubernetes.Namespace", {
  metadata: objectType("kubernetes.NamespaceMetadata", {
    name: string,
    generateName: string,
    namespace: string,
    labels: mapType(string, string),
    annotations: mapType(string, string),
    UID: string,
    creationTimestamp: timestamp,
    deletionGracePeriodSeconds: int,
    deletionTimestamp: timestamp,
    generation: int,
    resourceVersion: string,
    finalizers: strings,
  }),
  spec: objectType("kubernetes.NamespaceSpec", { finalizers: strings }),
  status: objectType("kubernetes.NamespaceStatus", { phase: string }),
});

/** What an expression may refer to beyond the request's objects. */
export interface Scope {
  readonly hasParams?: boolean;
  readonly hasAuthorizer?: boolean;
  /** Where types are checked, nobody knows of `authorizer.requestResource`, as upstream has it. */
  readonly lacksRequestResource?: boolean;
  /** Objects and JSON patches may be constructed. */
  readonly hasPatchTypes?: boolean;
  /** The composed variables, where there are any. */
  readonly variables?: CelType;
  /** Of `object` and `oldObject`, where they are known. */
  readonly objectType?: CelType | undefined;
  readonly paramsType?: CelType | undefined;
}

export function environmentOf(scope: Scope): CelEnvironment {
  const object = scope.objectType ?? dyn;
  return {
    variables: {
      object,
      oldObject: object,
      request: requestType,
      namespaceObject: namespaceType,
      ...(scope.hasParams && { params: scope.paramsType ?? dyn }),
      ...(scope.hasAuthorizer && {
        authorizer: { kind: "opaque", name: authorizerType },
        ...(!scope.lacksRequestResource && {
          "authorizer.requestResource": { kind: "opaque" as const, name: resourceType },
        }),
      }),
      ...(scope.variables && { variables: scope.variables }),
    },
    ...(scope.hasPatchTypes && { structType: patchType }),
  };
}
