// The pages work without this file. It spares a moment: a faster way out, one effect for a double click,
// "choose all" on long lists, reasons that close again.

const leave = document.getElementById("leave");
if (leave) {
  leave.addEventListener("click", (event) => {
    event.preventDefault();
    document.body.hidden = true;
    location.replace(leave.href); // the page left does not come back with one step back
  });
}

document.querySelector(".tabs [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// A second click sends nothing. The button is marked, not disabled: its name and value must still be sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
  setTimeout(ready, 8000); // a download leaves the page standing
});
// Coming back with the back button shows a form that can be sent again.
function ready() {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
}
window.addEventListener("pageshow", ready);

for (const all of document.querySelectorAll("[data-pick-all]")) {
  const form = all.closest("form");
  const boxes = () => [...all.closest("table").querySelectorAll("tbody .pick input")];
  all.hidden = false;
  all.addEventListener("change", () => boxes().forEach((box) => (box.checked = all.checked)));
  all.closest("table").addEventListener("change", () => {
    const chosen = boxes().filter((box) => box.checked).length;
    for (const words of form?.querySelectorAll("[data-picked]") ?? []) {
      words.textContent = words.dataset.picked.replace("#", chosen);
    }
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  });
}

// Reasons opened over the page close with Escape or a click elsewhere.
const close = (except) => {
  for (const pop of document.querySelectorAll("details.pop[open]")) if (pop !== except) pop.open = false;
};
document.addEventListener("click", (event) => close(event.target.closest("details.pop")));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.pop[open]");
  close();
  open?.querySelector("summary").focus();
});

// Work under way: the page looks again every two seconds until there is something else to show.
const asks = () => document.querySelector("[data-look-again]");
async function lookAgain() {
  try {
    const answer = await fetch(location.href);
    const found = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-look-again]");
    if (found?.dataset.lookAgain !== asks().dataset.lookAgain) return location.reload();
    if (found.innerHTML !== asks().innerHTML) asks().replaceChildren(...found.childNodes);
  } catch {
    // no connection just now: it asks again
  }
  setTimeout(lookAgain, 2000);
}
if (asks()) setTimeout(lookAgain, 2000);
