// Speaks GraphQL to a server as others do, and tells what came of it in JSON.
//
//     node graphql_clients.mjs MODULES audits URL             graphql-http
//     node graphql_clients.mjs MODULES urql URL < REQUESTS    @urql/core
//     node graphql_clients.mjs MODULES schema URL < SDL       graphql: the schema
//                        that a client builds, and that of these definitions
//     node graphql_clients.mjs MODULES sse|urql-sse|urql-fetch URL < SUBSCRIPTION
//                        graphql-sse; @urql/core with it, and by itself: a line
//                        for each connection, and for each result
//
// Requests are [{kind: "query" | "mutation", text, variables, policy}...], made
// one after the other by one client, with its cache. A subscription is {text,
// variables, take}: so many results, and it ends.
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

const line = (told) => console.log(JSON.stringify(told));

// Says when the server has begun to answer: what happens from then on is told.
const told_fetch = async (...asked) => {
  const response = await fetch(...asked);
  line({ connected: response.headers.get("content-type") });
  return response;
};

const sse_client = () =>
  require("graphql-sse").createClient({ url, singleConnection: false, fetchFn: told_fetch, retryAttempts: 10 });

const subscribe = (start) => {
  const { text, variables, take } = JSON.parse(readFileSync(0, "utf8"));
  return new Promise((resolve, reject) => {
    let left = take;
    const stop = start(text, variables, {
      next: ({ data, errors }) => {
        line({ data: data ?? null, errors: errors?.map(({ message, extensions }) => ({ message, extensions })) ?? [] });
        if (--left === 0) queueMicrotask(() => (stop(), resolve("stopped")));
      },
      error: reject,
      complete: () => resolve("complete"),
    });
  });
};

const sse = () => subscribe((query, variables, sink) => sse_client().subscribe({ query, variables }, sink));

const of_urql = (more) => (text, variables, sink) => {
  const { Client, fetchExchange, subscriptionExchange } = require("@urql/core");
  const forward = (asked) => ({ subscribe: (to) => ({ unsubscribe: sse_client().subscribe(asked, to) }) });
  const exchanges = [fetchExchange, ...(more.fetchSubscriptions ? [] : [subscriptionExchange({ forwardSubscription: forward })])];
  const client = new Client({ url, exchanges, fetch: told_fetch, preferGetMethod: false, ...more });
  return client.subscription(text, variables ?? {}).subscribe(({ data, error }) => {
    if (error?.networkError) sink.error(error.networkError);
    else sink.next({ data, errors: error?.graphQLErrors });
  }).unsubscribe;
};

const programs = {
  audits,
  urql,
  schema,
  sse,
  "urql-sse": () => subscribe(of_urql({})),
  "urql-fetch": () => subscribe(of_urql({ fetchSubscriptions: true })),
};
line(await programs[what]());
