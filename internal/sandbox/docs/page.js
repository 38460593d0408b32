"use strict";

const authorization = document.body.dataset.authorization; // absent if the sandbox requires a key, which no page gets

const ui = SwaggerUIBundle({
  dom_id: "#reference",
  url: "/openapi.yaml",
  validatorUrl: null, // the default is a service on the internet
  deepLinking: true,
  tryItOutEnabled: true,
  requestSnippetsEnabled: true,
  requestSnippets: { languages: ["curl_bash"] },
  syntaxHighlight: { theme: "tomorrow-night" }, // the default has too little contrast
  onComplete() {
    if (authorization) {
      ui.preauthorizeApiKey("apiKey", authorization);
    }
    if (!location.hash) { // nothing is open
      document.querySelector(".opblock-summary-control").click();
    }
  },
});

document.getElementById("reset").addEventListener("click", async () => {
  const result = document.getElementById("reset-result");
  result.textContent = "";
  const response = await fetch("/_sandbox/reset", { method: "POST" }).catch(() => null);
  if (!response) {
    result.textContent = "The sandbox does not respond.";
  } else {
    result.textContent = response.ok ? "The initial keys are back." : `The sandbox responds with status ${response.status}.`;
  }
});
