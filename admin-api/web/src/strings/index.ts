// The one place to choose the language in.
export { en as t } from "./en.ts";
