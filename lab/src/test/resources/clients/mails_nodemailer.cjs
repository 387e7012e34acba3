// Sends a message to each recipient through a pool of two connections of nodemailer: PORT RECIPIENT...
const nodemailer = require("nodemailer");

const [port, ...recipients] = process.argv.slice(2);
const transport = nodemailer.createTransport({ host: "127.0.0.1", port: Number(port), pool: true, maxConnections: 2, maxMessages: Infinity, ignoreTLS: true });
Promise.allSettled(recipients.map((to) => transport.sendMail({ from: "app@example.com", to, subject: "nodemailer", text: "x" }))).then((results) => {
  results.filter((result) => result.status === "rejected").forEach((result) => console.error(result.reason.message));
  transport.close();
});
