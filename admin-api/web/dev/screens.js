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

/** Feeds one viewer until it goes. */
export function live(session, send, closed) {
  let n = session.id.length + session.opened_at.length;
  const first = Array.from({ length: 14 }, () => line(n++)).join("");
  const screen = { channel: 0, cols: 80, rows: 24, data: base64(`engineer@${session.asset}:~$ trace -f\r\n${first}`) };
  send("screen", screen);
  const timer = setInterval(() => {
    if (session.state !== "open") {
      send("ended", {});
      clearInterval(timer);
    } else if (session.input?.state === "flows") {
      send("output", { channel: 0, data: base64(line(n++)) });
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
