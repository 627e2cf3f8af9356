// Passwords to be read out: no letter that is taken for another.

const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";
const GROUPS = 4;
const IN_GROUP = 5;

/** About 99 bits. Bytes that would make some letters likelier are thrown away. */
export function newPassword(random: (into: Uint8Array) => Uint8Array): string {
  const most = 256 - (256 % LETTERS.length);
  let letters = "";
  while (letters.length < GROUPS * IN_GROUP) {
    const [byte = 255] = random(new Uint8Array(1));
    if (byte < most) letters += LETTERS.charAt(byte % LETTERS.length);
  }
  return letters.match(new RegExp(`.{${IN_GROUP}}`, "g"))?.join("-") ?? letters;
}
