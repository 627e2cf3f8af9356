const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB"];

/** `812 bytes`, `1.4 MiB`. */
export function bytesSaid(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1_024 && unit < UNITS.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
