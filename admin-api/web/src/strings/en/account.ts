/** One's own account. */
export const account = {
  title: "Your account",
  who: (name: string, company: string) => `${name}, ${company}`,
  look: "Appearance",
  themes: { system: "As the system", light: "Light", dark: "Dark" },
  notify: {
    title: "Notifications",
    text: "While a page of this desk is open, your browser can tell you when something waits for you.",
    allow: "Switch on notifications",
    on: "On in this browser.",
    refused:
      "This browser refuses them for this address. Allow notifications in its settings for this site, then load the page again.",
    missing: "This browser has no notifications.",
  },
  logins: {
    title: "Your logins",
    text: "Each browser and each token that can act as you. End what you do not know, then change your password.",
    kinds: { browser: "Browser", bearer: "Token" },
    current: "this one",
    since: "Since",
    seen: "Last used",
    ends: "Ends",
    from: "From",
    never: "not yet",
    end: "End it",
    endLabel: (kind: string, source: string) => `End it: ${kind} from ${source}`,
  },
  password: {
    title: "Change password",
    current: "Password until now",
    next: "New password",
    hint: "12 characters or more. All your logins end, this one too.",
    again: "New password once more",
    differ: "The two are not the same. Type the new one again.",
    change: "Change it and sign in again",
  },
};
