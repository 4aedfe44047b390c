// Builds each of the schemas that are named, in the language of GraphQL's
// definitions, with the reference implementation, and tells what is wrong with
// them: {FILE: [MESSAGE...]} in JSON.
//
//     node schema.mjs PACKAGE FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [, , home, ...files] = process.argv;
const { buildSchema, validateSchema } = createRequire(import.meta.url)(home);

const faults = (file) => {
  try {
    return validateSchema(buildSchema(readFileSync(file, "utf8"))).map(String);
  } catch (error) {
    return [String(error)];
  }
};

console.log(JSON.stringify(Object.fromEntries(files.map((f) => [f, faults(f)]))));
