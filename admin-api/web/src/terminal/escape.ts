/** Not in every browser (WICG, Keyboard Lock). */
interface WithKeyboard {
  keyboard?: { lock(codes: string[]): Promise<void> };
}

/**
 * In full screen Esc goes to the page, to whose asset it means something; pressed for
 * long, it still leaves the full screen.
 */
export async function takeEscape(): Promise<void> {
  await (navigator as Navigator & WithKeyboard).keyboard?.lock(["Escape"]);
}
