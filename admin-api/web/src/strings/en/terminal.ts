import type { LineEnd } from "../../terminal/messages.ts";

/** The vendor's terminal in the browser. */
export const terminal = {
  title: (asset: string) => `Terminal on ${asset}`,
  label: (asset: string) => `Terminal on ${asset}`,
  left: "left",
  opening: "Opening…",
  copy: "Copy",
  keys: "Ctrl+Shift+↑ leaves the terminal for the buttons. Ctrl+Shift+C copies what is selected.",
  full: "Full screen",
  more: "More time",
  end: "End",
  endTitle: "End this session?",
  endText: "The connection closes. While the window is open you can connect again.",
  endSend: "End the session",
  endReason: "The vendor is done.",
  leave: "Back to the window",
  again: "Connect again",
  nothing: "Nothing is selected. Mark some text with the mouse first.",
  ended: "The connection is closed",
  why: (end: LineEnd): string => {
    switch (end.kind) {
      case "exit":
        if (end.status === 0) return "The asset's program ended in order.";
        // As SSH clients have it: the way to the program, or the program itself.
        if (end.status === 255) return "It was closed. The last lines in the terminal say why.";
        return `The asset's program ended with status ${end.status}.`;
      case "over":
        return "It was closed. The last lines in the terminal say why.";
      case "refused":
        return end.why || "The broker did not let this connection through. Look at the window to see how it stands.";
      case "failed":
        return `${end.why || "Something failed at the broker."} Connect again; if it happens twice, call the plant.`;
      case "signed-out":
        return "Your login was ended, and the connection with it. Sign in again; if it was not you who ended it, change your password.";
      case "lost":
        return "The connection to the plant was lost. What was typed last may not have arrived. Check your network, then connect again: that opens a new session.";
    }
  },
};
