export type Theme = "system" | "light" | "dark";

const KEY = "drawbridge-theme";
const known = (value: string | null): Theme =>
  value === "light" || value === "dark" ? value : "system";

class Look {
  #theme = $state<Theme>(known(localStorage.getItem(KEY)));

  constructor() {
    this.#show();
  }

  get theme(): Theme {
    return this.#theme;
  }

  set theme(theme: Theme) {
    this.#theme = theme;
    localStorage.setItem(KEY, theme);
    this.#show();
  }

  #show(): void {
    const root = document.documentElement;
    if (this.#theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = this.#theme;
  }
}

export const look = new Look();
