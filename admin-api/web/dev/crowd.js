// A made-up plant on its busiest day: twelve live sessions, and names as long and
// as odd as the plant file allows. CROWD=1 makes it.

import * as plant from "./plant.js";

const LONG = "sixty-characters-are-what-a-name-may-have-and-this-has-them-all";
const ODD = `Bolts, Valves & <b>Daughters</b> "Northern" Maschinenbaugesellschaft`;

if (process.env.CROWD) crowd();

function crowd() {
  const vera = plant.accounts[0];
  const long = { ...vera, name: LONG, full_name: `Maximiliana-Josefine von und zu <i>Hohenlohe</i>-Langenburg`, company: ODD };
  plant.accounts.splice(1, 0, long);
  const asset = { ...plant.assets[1], name: `boiler-${LONG.slice(0, 53)}`, title: `Boiler 4, <script>station</script> for the engineers of the drum level & burner management` };
  plant.assets.push(asset);
  long.assets = [...vera.assets, asset.name];
  const window = { start: plant.at(-50), end: plant.at(130) };
  for (let n = 0; n < 7; n += 1) {
    const purpose = `${"Read the trip log and adjust the gain of the third burner's flame scanner, ".repeat(3)}<img src=x>`;
    const request = plant.newRequest(LONG, asset.name, window, purpose, { work_order: LONG, approvals: [] });
    plant.requests.unshift(request);
    if (n === 0) continue;
    const grant = plant.newGrant(request);
    plant.grants.push(grant);
    plant.sessions.unshift(plant.newSession(grant, { input: { state: n % 3 ? "flows" : "unwatched" } }));
  }
  const more = plant.grants.find(({ asset }) => asset === "gt1-plc");
  plant.sessions.unshift(plant.newSession(more), plant.newSession(more));
}
