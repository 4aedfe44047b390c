// Executes random requests with the reference implementation of GraphQL and
// with ours (tests/graphql/executor.c), over the same type systems and the same
// objects, and tells where they differ: [{request, theirs, ours, why}...].
//
//     node executes.mjs PACKAGE EXECUTOR SEED COUNT
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const [, , home, executor, seed, count] = process.argv;
const {
  assertValidSchema, buildClientSchema, buildSchema, execute, getIntrospectionQuery, getNamedType, getNullableType,
  isAbstractType, isCompositeType, isEnumType, isListType, isIntrospectionType, isNonNullType, isSpecifiedScalarType, lexicographicSortSchema, parse,
  printSchema, validate,
} = createRequire(import.meta.url)(home);

// --- chance -----------------------------------------------------------------

let state = Number(seed) >>> 0 || 1;
const random = (below) => {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
};
const one = (list) => list[random(list.length)];
const often = (percent) => random(100) < percent;

// --- objects ----------------------------------------------------------------

const LEAVES = {
  Int: [0, 1, -7, 2147483647, 2147483648, 2.5, 3.0, {}, []],
  Long: [0, 9007199254740991, -3],
  Float: [0, 1.5, -2, 1e21, {}],
  String: ["", "a", "\u{1F600}\n\"", 5, true, {}],
  Boolean: [true, false, true, {}],
  ID: ["a", "", 7, {}],
  JSON: [{ a: [1, null, { b: "x" }] }, 5, "a", true, []],
};

const value_of = (schema, type, depth) => {
  if (isNonNullType(type)) return often(4) ? null : value_of(schema, type.ofType, depth);
  if (often(7)) return null;
  if (often(4)) return "!broken";
  if (isListType(type)) return often(2) ? 5 : Array.from({ length: random(4) }, () => value_of(schema, type.ofType, depth));
  if (isCompositeType(type)) return depth > 0 ? object_of(schema, type, depth - 1) : null;
  if (isEnumType(type)) return one([...type.getValues().map((v) => v.value), "none of them"]);
  return one(LEAVES[type.name].slice(0, often(90) ? 2 : undefined));
};

const object_of = (schema, type, depth) => {
  const is = isAbstractType(type) ? one(schema.getPossibleTypes(type)) : type;
  const object = { __typename: is !== type && often(4) ? "Query" : is.name };
  for (const field of Object.values(is.getFields()))
    if (often(85)) object[field.name] = value_of(schema, field.type, depth);
  return object;
};

// What the objects say, as tests/graphql/answer.h reads them.
const said = (value, type) => {
  if (typeof value === "string" && value.startsWith("!")) return new Error(value.slice(1));
  if (Array.isArray(value)) {
    const list = getNullableType(type);
    return isListType(list) ? value.map((item) => said(item, list.ofType)) : value;
  }
  return value;
};

// --- requests ---------------------------------------------------------------

const ARGUMENTS = {
  dogCommand: ["SIT", "HEEL"], catCommand: ["JUMP"], atOtherHomes: ["true", "null", "$b"],
  complex: ['{name:"x"}', "{tags:\"a\",in:{age:null}}", "{must:$b}"], booleanListArg: ["[true]", "false", "[]"],
  json: ['{a:[1,$b]}', "null", "$b"], name: ['"x"'], x: ["1"], y: ["2"], booleanArg: ["$b", "true"],
  floatArg: ["1", "2.5"], intArg: ["5"], idArg: ["5", '"a"'], stringArg: ['"a"'], nonNullBooleanArg: ["true", "$b"],
  optionalBooleanArg: ["$b", "false"], a: ["1"], first: ["2", "0"],
};

const directives = () => (often(85) ? "" : one(["@skip(if:$b)", "@include(if:$b)", "@skip(if:false)", "@include(if:true)"]));

const arguments_of = (field) => {
  const given = field.args
    .filter((a) => isNonNullType(a.type) || often(50))
    .map((a) => `${a.name}:${one(ARGUMENTS[a.name])}`);
  return given.length ? `(${given})` : "";
};

const numbers = new Map();
const number_of = (text) => numbers.set(text, numbers.get(text) ?? numbers.size).get(text);

const field_of = (schema, type, depth, fragments) => {
  const fields = type.getFields ? Object.values(type.getFields()) : [];
  const usable = fields.filter((f) => depth > 0 || !isCompositeType(getNamedType(f.type)));
  if (!usable.length || often(8)) return often(30) ? "t:__typename" : "__typename";
  const field = one(usable);
  const below = isCompositeType(getNamedType(field.type)) ? selection_of(schema, getNamedType(field.type), depth - 1, fragments) : "";
  const given = arguments_of(field);
  // Other arguments have another name in the response: they cannot be merged.
  const alias = given ? `${field.name}_${number_of(given)}:` : often(20) ? `${field.name}_a:` : "";
  return `${alias}${field.name}${given}${directives()}${below}`;
};

const part_of = (schema, type, depth, fragments) => {
  if (often(75) || fragments.length > 8) return field_of(schema, type, depth, fragments);
  const others = [type, ...(isAbstractType(type) ? schema.getPossibleTypes(type) : [])];
  const on = one(others);
  if (often(50)) return `...${often(80) ? `on ${on.name}` : ""}${directives()}${selection_of(schema, on, depth, fragments)}`
    .replace(/^\.\.\.(?!on )/, `...on ${on.name} `);
  const name = `F${fragments.length}`;
  fragments.push("");
  fragments[Number(name.slice(1))] = `fragment ${name} on ${on.name}${selection_of(schema, on, depth, fragments)}`;
  return `...${name}${directives()} ...${name}`;
};

const selection_of = (schema, type, depth, fragments) =>
  `{${Array.from({ length: 1 + random(4) }, () => part_of(schema, type, depth, fragments)).join(" ")}}`;

const request_of = (schema) => {
  const fragments = [];
  const root = often(15) && schema.getMutationType() ? ["mutation", schema.getMutationType()] : ["query", schema.getQueryType()];
  const text = selection_of(schema, root[1], 4, fragments);
  const variables = one([{}, { b: true }, { b: false }, { b: true }, { b: false }, { b: null }]);
  const whole = text + fragments.join("");
  return {
    query: `${root[0]} Q${whole.includes("$b") ? `($b:Boolean=${one(["true", "false"])})` : ""}${whole}`,
    variables,
    operationName: often(10) ? one(["Q", "R", ""]) : null,
    root: object_of(schema, root[1], 5),
  };
};

// --- comparing --------------------------------------------------------------

const theirs_of = (schema, request) => {
  const document = parse(request.query);
  const invalid = validate(schema, document);
  if (invalid.length) return { errors: invalid.map((e) => e.toJSON()), invalid: true };
  const { data, errors } = execute({
    schema, document, rootValue: request.root, variableValues: request.variables,
    operationName: request.operationName ?? undefined,
    fieldResolver: (object, _args, _context, info) => said(object[info.fieldName], info.returnType),
    typeResolver: (object) => object.__typename,
  });
  const result = { ...(errors ? { errors: errors.map((e) => e.toJSON()) } : {}), ...(data === undefined ? {} : { data }) };
  return JSON.parse(JSON.stringify(result));
};

// Of an error: is its value shown, so that it is null itself? Or which null
// above it has taken it along?
const null_of = (data, path) => {
  let value = data;
  for (let i = 0; ; i++) {
    if (value === null) return path.slice(0, i);
    if (value === undefined || i === path.length) return undefined;
    value = value[path[i]];
  }
};

const nulls_of = (response) =>
  (response.errors ?? []).map((e) => JSON.stringify(e.path ? null_of(response.data, e.path) : "none"));

// What is wrong with an argument is at its value for them, at its field or
// directive for us; and we tell two places of a field that has more.
const places_of = (error) => (/must not be null\.|has invalid value|cannot stand here/.test(error.message) ? [] : error.locations.slice(0, 2));

const shown_of = (response) =>
  (response.errors ?? [])
    .filter((e) => e.path && null_of(response.data, e.path)?.length === e.path.length)
    .map((e) => JSON.stringify([e.path, places_of(e)]))
    .sort();

const difference = (theirs, ours) => {
  if (theirs.invalid) return ours.data === undefined && ours.errors?.length ? null : "it is not valid";
  if (JSON.stringify(theirs.data) !== JSON.stringify(ours.data)) return "data";
  if (!theirs.errors !== !ours.errors) return "errors";
  if ((ours.errors ?? []).length >= 64) return null;
  if (nulls_of(ours).includes(undefined)) return "an error of what is not null";
  // Which of several errors takes an object along is a matter of order.
  const nulls = [theirs, ours].map((response) => JSON.stringify([...new Set(nulls_of(response))].sort()));
  if (nulls[0] !== nulls[1]) return "where errors are";
  return JSON.stringify(shown_of(theirs)) === JSON.stringify(shown_of(ours)) ? null : "errors of what is shown";
};

// --- introspection ----------------------------------------------------------

const TYPE = `{kind name description specifiedByURL interfaces{name} ofType{name}
  fields(includeDeprecated:true){name description isDeprecated deprecationReason
    args{name description defaultValue type{...T}} type{...T}}
  enumValues(includeDeprecated:true){name isDeprecated} inputFields{name defaultValue type{...T}}}`;
const SHAPE = "fragment T on __Type{kind name ofType{kind name ofType{kind name ofType{kind name ofType{name}}}}}";

const introspect = (schema) => {
  const types = Object.values(schema.getTypeMap()).filter((t) => !isIntrospectionType(t) && !isSpecifiedScalarType(t)).map(String);
  const asked = [...types, "Nothing"].map((n, i) => `a${i}:__type(name:"${n}")${TYPE}`).join("");
  return [
    { query: getIntrospectionQuery({ specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true }) },
    { query: `{${asked}}${SHAPE}` },
  ];
};

const same_client_schema = (schema, ours) => {
  const built = buildClientSchema(ours.data);
  assertValidSchema(built);
  const [a, b] = [schema, built].map((s) => printSchema(lexicographicSortSchema(s)));
  return a === b ? null : `the schema that a client builds: ${b}`;
};

// --- all of it --------------------------------------------------------------

const run = (name, lines) =>
  execFileSync(executor, [name], { input: lines.map((l) => JSON.stringify(l)).join("\n") + "\n", maxBuffer: 1 << 28 })
    .toString().trimEnd().split("\n").map((line) => JSON.parse(line));

const found = [];
const counted = { requests: 0, invalid: 0, failing: 0 };
for (const name of ["zoo", "leaves"]) {
  const schema = buildSchema(execFileSync(executor, [name, "--schema"]).toString());
  const stock = schema.getType("E")?.getValue("IN_STOCK");
  if (stock) {
    // What it means inside is not its name (tests/graphql/leaves.c).
    stock.value = "in stock";
    schema.getType("E")._valueLookup = new Map(schema.getType("E").getValues().map((v) => [v.value, v]));
  }
  const requests = [...introspect(schema), ...Array.from({ length: Number(count) }, () => request_of(schema))];
  const ours = run(name, requests);
  requests.forEach((request, i) => {
    const theirs = theirs_of(schema, { root: {}, ...request });
    const why = i === 0 ? same_client_schema(schema, ours[i]) : difference(theirs, ours[i]);
    counted.requests++;
    counted.invalid += theirs.invalid ? 1 : 0;
    counted.failing += theirs.errors && !theirs.invalid ? 1 : 0;
    if (why) found.push({ why, request, theirs, ours: ours[i] });
  });
}
console.log(JSON.stringify({ ...counted, found: found.slice(0, 20), differ: found.length }));
