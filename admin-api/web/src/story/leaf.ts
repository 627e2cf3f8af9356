/** How far the bridge is down: raised while nothing is decided, lowered while one may cross. */
export type Leaf = "raised" | "lowering" | "ready" | "lowered" | "gone";

export type Tone = "calm" | "wait" | "danger" | "good";

/** How something stands, in a picture and in words. */
export interface Story {
  leaf: Leaf;
  tone: Tone;
  line: string;
}
