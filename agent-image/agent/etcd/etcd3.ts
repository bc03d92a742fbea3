/**
 * etcd3 by its names, for a dynamic import. It is CommonJS: put into a file of its own, the bundler
 * would give it a default export and no names.
 */
export { Etcd3 } from "etcd3";
