// xterm.js styles by <style> elements and style attributes, both of which the
// page's policy refuses. Elements may carry the page's nonce, and the same
// styles written by script are allowed; xterm.js has no setting for either.

/** Runs what makes <style> elements in one go, and lets the policy accept them. */
export function withNonce<T>(make: () => T): T {
  const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.nonce ?? "";
  const create = (name: string): HTMLElement => {
    const element = Document.prototype.createElement.call(document, name);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    return element;
  };
  Object.defineProperty(document, "createElement", { value: create, configurable: true });
  try {
    return make();
  } finally {
    Reflect.deleteProperty(document, "createElement");
  }
}

/** Spans, of which terminals consist, take `style` by script from now on. */
export function styleSpansByScript(): void {
  HTMLSpanElement.prototype.setAttribute = function (name: string, value: string): void {
    if (name === "style") this.style.cssText = value;
    else Element.prototype.setAttribute.call(this, name, value);
  };
}
