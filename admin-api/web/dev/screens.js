// What moves on the made-up terminals.

const lines = [
  (n) => `\x1b[2m${clock()}\x1b[0m  B3.FLAME   \x1b[32mOK\x1b[0m    gain ${(41 + (n % 7) / 10).toFixed(1)}  raw ${1800 + ((n * 37) % 211)}`,
  (n) => `\x1b[2m${clock()}\x1b[0m  DRUM.LVL   \x1b[33m${(-12 + (n % 9)).toFixed(0)} mm\x1b[0m  valve ${(58 + (n % 5)).toFixed(0)} %`,
  () => `\x1b[2m${clock()}\x1b[0m  \x1b[38;2;143;193;230mTREND\x1b[0m ▁▂▃▅▆▇▆▅▃▂▁▁▂▃▅▆`,
  (n) => (n % 11 === 0 ? `\x1b[31;1mALARM\x1b[0m bearing 2 vibration 4.9 mm/s` : `scan ${n} ok`),
];
const clock = () => new Date().toISOString().slice(11, 19);
const line = (n) => `${lines[n % lines.length](n)}\r\n`;
const base64 = (text) => Buffer.from(text).toString("base64");

/** What a session has open; those on the turbine have several channels. */
const channelsOf = ({ asset }) =>
  asset === "gt1-plc"
    ? [
        { channel: 1, terminal: false, over: true, first: "governor.cfg  2026-11-02\ngovernor.bak  2026-10-30\n" },
        { channel: 0, terminal: true },
        { channel: 2, terminal: true },
      ]
    : [{ channel: 0, terminal: true }];

/** Feeds one viewer until it goes. */
export function live(session, newest, send, closed) {
  let n = session.id.length + session.opened_at.length;
  const all = channelsOf(session);
  const shown = newest ? all.slice(-1) : all;
  for (const { channel, terminal, over, first } of shown) {
    const trace = Array.from({ length: 14 }, () => line(n++)).join("");
    const text = first ?? `engineer@${session.asset}:~$ trace -f ${channel}\r\n${trace}`;
    send("screen", { channel, terminal, cols: 80, rows: 24, data: base64(text) });
    if (over) send("closed", { channel });
  }
  const timer = setInterval(() => {
    if (session.state !== "open") {
      send("ended", {});
      clearInterval(timer);
    } else if (session.input?.state === "flows") {
      for (const { channel, over } of shown) if (!over) send("output", { channel, data: base64(line(n++)) });
    }
  }, 700);
  closed(() => clearInterval(timer));
}

/** A shell that only echoes. */
export function terminal(socket, session) {
  socket.send(JSON.stringify({ opened: { session: session.id } }));
  const prompt = `\x1b[38;2;242;182;61m${session.account}@${session.asset}\x1b[0m:~$ `;
  socket.send(Buffer.from(`Drawbridge: this session is recorded.\r\n\r\n${prompt}`));
  socket.on("message", (data, binary) => {
    if (!binary) return;
    const typed = data.toString();
    if (typed === "\x04") {
      socket.send(JSON.stringify({ exit: 0 }));
      socket.close(1000);
    } else {
      socket.send(Buffer.from(typed.replaceAll("\r", `\r\n${prompt}`)));
    }
  });
}
