// Speaks GraphQL to a server as others do, and tells what came of it in JSON.
//
//     node graphql_clients.mjs MODULES audits URL             graphql-http
//     node graphql_clients.mjs MODULES urql URL < REQUESTS    @urql/core
//     node graphql_clients.mjs MODULES schema URL < SDL       graphql: the schema
//                        that a client builds, and that of these definitions
//
// Requests are [{kind: "query" | "mutation", text, variables, policy}...], made
// one after the other by one client, with its cache.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , home, what, url] = process.argv;
const require = createRequire(`${home}/`);

const audits = async () => {
  const { serverAudits } = require("graphql-http");
  const told = [];
  for (const audit of serverAudits({ url, fetchFn: fetch })) {
    const { status, reason } = await audit.fn();
    told.push({ id: audit.id, name: audit.name, status, reason });
  }
  return told;
};

const urql = async () => {
  const { Client, cacheExchange, fetchExchange } = require("@urql/core");
  const client = new Client({ url, exchanges: [cacheExchange, fetchExchange], preferGetMethod: false });
  const told = [];
  for (const { kind, text, variables, context } of JSON.parse(readFileSync(0, "utf8"))) {
    const { data, error, stale } = await client[kind](text, variables ?? {}, context).toPromise();
    told.push({
      data: data ?? null,
      stale,
      errors: error?.graphQLErrors.map(({ message, path, extensions }) => ({ message, path, extensions })) ?? [],
      network: error?.networkError?.message ?? null,
    });
  }
  return told;
};

const schema = async () => {
  const { assertValidSchema, buildClientSchema, buildSchema, getIntrospectionQuery, lexicographicSortSchema, printSchema } =
    require("graphql");
  const query = getIntrospectionQuery({ specifiedByUrl: true, directiveIsRepeatable: true, schemaDescription: true });
  const headers = { "content-type": "application/json", accept: "application/graphql-response+json" };
  const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ query }) });
  const built = buildClientSchema((await response.json()).data);
  assertValidSchema(built);
  return [built, buildSchema(readFileSync(0, "utf8"))].map((one) => printSchema(lexicographicSortSchema(one)));
};

console.log(JSON.stringify(await { audits, urql, schema }[what]()));
