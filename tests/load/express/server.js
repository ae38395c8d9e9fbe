// The two routes of AssemblyAI's browser example, written as there: the page's files and the token.
const express = require("express");
const path = require("node:path");

const { PORT, ASSEMBLYAI_BASE_URL, ASSEMBLYAI_API_KEY } = process.env;
const app = express();

app.use(express.static(path.join(__dirname, "public")));

app.get("/token", async (req, res) => {
  try {
    const answer = await fetch(`${ASSEMBLYAI_BASE_URL}/v3/token?expires_in_seconds=60`, {
      headers: { Authorization: ASSEMBLYAI_API_KEY },
    });
    const { token } = await answer.json();
    res.json({ token });
  } catch (error) {
    res.status(500).json({ error: "Failed to generate token" });
  }
});

app.listen(PORT, "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}`));
