/** Why something was not done, as the server says it (RFC 9457) or as the page found. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];

  constructor(status: number, code: string, detail: string, fields: readonly FieldProblem[] = []) {
    super(detail);
    this.name = "Problem";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }
}

export interface FieldProblem {
  key: string;
  message: string;
  /** In a file: from 1. */
  line?: number | null;
}

interface Body {
  code?: unknown;
  detail?: unknown;
  errors?: unknown;
}

/** Reads an answer that is not a success. Nothing in it is taken on trust. */
export function problemFrom(status: number, body: unknown, otherwise: string): Problem {
  const { code, detail, errors } = (typeof body === "object" && body !== null ? body : {}) as Body;
  const fields = Array.isArray(errors) ? errors.filter(isFieldProblem) : [];
  return new Problem(
    status,
    typeof code === "string" ? code : `http_${status}`,
    typeof detail === "string" && detail !== "" ? detail : otherwise,
    fields,
  );
}

function isFieldProblem(value: unknown): value is FieldProblem {
  const { key, message } = (value ?? {}) as Partial<FieldProblem>;
  return typeof key === "string" && typeof message === "string";
}
