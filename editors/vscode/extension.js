// Starts `nodal lsp` for .node files. All that is known of the language is there.
const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");

let client;

function start() {
  const settings = vscode.workspace.getConfiguration("nodal");
  const folders = settings.get("data", []).flatMap((folder) => ["--data", folder]);
  client = new LanguageClient(
    "nodal",
    "Nodal",
    { command: settings.get("path", "nodal"), args: ["lsp", ...folders], transport: TransportKind.stdio },
    { documentSelector: [{ language: "nodal" }] }
  );
  return client.start().catch(() => {
    vscode.window.showWarningMessage(
      "Nodal: the command that `nodal.path` names could not be started; only colours are shown."
    );
  });
}

function activate(context) {
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration(async (change) => {
      if (!change.affectsConfiguration("nodal")) return;
      await deactivate();
      await start();
    })
  );
  return start();
}

async function deactivate() {
  const old = client;
  client = undefined;
  try {
    await old?.stop();
  } catch {
    // It had ended by itself.
  }
}

module.exports = { activate, deactivate };
