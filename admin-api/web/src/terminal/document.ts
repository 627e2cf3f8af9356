// xterm.js makes <style> elements and writes style attributes, which the page's
// policy refuses. It may be given another document to make its elements with:
// this one adds the nonce, and writes styles in a way that the policy allows.

export function styledDocument(nonce: string): Document {
  const create = (name: string): HTMLElement => {
    const element = document.createElement(name);
    if (element instanceof HTMLStyleElement) element.nonce = nonce;
    else if (element instanceof HTMLSpanElement) writeStylesByScript(element);
    return element;
  };
  return new Proxy(document, {
    get(target, name) {
      if (name === "createElement") return create;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function writeStylesByScript(element: HTMLElement): void {
  const write = element.setAttribute.bind(element);
  element.setAttribute = (name, value) => {
    if (name === "style") element.style.cssText = value;
    else write(name, value);
  };
}

/** The nonce that the server put into this page. */
export function pageNonce(): string {
  return document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.nonce ?? "";
}
