import { mount } from "svelte";
import App from "./App.svelte";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/table.css";

const target = document.getElementById("desk");
if (target) mount(App, { target });
