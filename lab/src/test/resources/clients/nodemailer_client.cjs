// Sends a booking as Cal.com does, with nodemailer's icalEvent: nodemailer_client.cjs PORT RECIPIENT...
const nodemailer = require('nodemailer');

const [port, ...recipients] = process.argv.slice(2);
const calendar = [
  'BEGIN:VCALENDAR', 'VERSION:2.0', 'METHOD:REQUEST', 'BEGIN:VEVENT', 'UID:node@example.com', 'DTSTART:20270104T090000Z',
  'DTEND:20270104T100000Z', 'SUMMARY:Booking', 'ORGANIZER:mailto:organiser@organiser.example',
  'ATTENDEE;CN=Booker:mailto:booker@booker.example', 'END:VEVENT', 'END:VCALENDAR', '',
].join('\r\n');

nodemailer.createTransport({ host: '127.0.0.1', port: Number(port), secure: false, ignoreTLS: true }).sendMail({
  envelope: { from: 'calendar@organiser.example', to: recipients },
  from: 'Calendar <calendar@organiser.example>',
  to: 'Organiser <organiser@organiser.example>, Booker <booker@booker.example>',
  subject: 'Booking by nodemailer',
  text: 'Booked.',
  html: '<p>Booked.</p>',
  icalEvent: { filename: 'event.ics', method: 'REQUEST', content: calendar },
}).catch((failure) => {
  console.error(failure);
  process.exit(1);
});
