// Sends a message with nodemailer. PORT NAME PASSWORD RECIPIENT [CA]
const fs = require("node:fs");
const nodemailer = require("nodemailer");
const [port, user, pass, to, ca] = process.argv.slice(2);
nodemailer
  .createTransport({
    host: "localhost", port: Number(port), secure: false, auth: { user, pass },
    ...(ca ? { requireTLS: true, tls: { ca: fs.readFileSync(ca) } } : { ignoreTLS: true }),
  })
  .sendMail({ from: "noreply@example.com", to, subject: "nodemailer", text: "text" })
  .catch((failure) => { console.error(failure); process.exit(1); });
