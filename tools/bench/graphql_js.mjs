// The nested lists of nested.py in memory, by the reference implementation of
// GraphQL: node graphql_js.mjs MODULES PORT LENGTH
import { createServer } from "node:http";
import { createRequire } from "node:module";

const [, , home, port, length] = process.argv;
const require = createRequire(`${home}/`);
const { buildSchema } = require("graphql");
const { createHandler } = require("graphql-http/lib/use/http");

const names = ["rooms", "shelves", "books"];
const schema = buildSchema(`
  type Query { rooms(first: Int): Rooms }
  type Rooms { edges: [RoomEdge!]! }
  type RoomEdge { node: Room }
  type Room { id: ID! name: String shelves(first: Int): Shelves }
  type Shelves { edges: [ShelfEdge!]! }
  type ShelfEdge { node: Shelf }
  type Shelf { id: ID! name: String books(first: Int): Books }
  type Books { edges: [BookEdge!]! }
  type BookEdge { node: Book }
  type Book { id: ID! name: String }
`);

// Each object has its list already: nothing is looked up.
const connection = (nodes) => ({ first }) => ({ edges: nodes.slice(0, first).map((node) => ({ node })) });
const make = (level, first) =>
  Array.from({ length: Number(length) }, (_, i) => {
    const id = first + i;
    const node = { id, name: `${names[level]} ${id}` };
    if (level < 2) node[names[level + 1]] = connection(make(level + 1, (id - 1) * length + 1));
    return node;
  });

createServer(createHandler({ schema, rootValue: { rooms: connection(make(0, 1)) } })).listen(Number(port), "127.0.0.1");
