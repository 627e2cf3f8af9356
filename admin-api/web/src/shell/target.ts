/** Where to go after signing in: a path of this desk, and nothing else. */
export function safeTarget(wanted: string | null, origin: string): string {
  if (wanted === null || !URL.canParse(wanted, origin)) return "/";
  const target = new URL(wanted, origin);
  // A path that begins with two slashes would be read as another host.
  const ours =
    target.origin === origin &&
    !target.pathname.startsWith("//") &&
    target.pathname !== "/sign-in";
  return ours ? target.pathname + target.search : "/";
}
