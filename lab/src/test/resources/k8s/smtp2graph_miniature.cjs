// A miniature of smtp2graph: accepts one message for each connection, replies before the file is in queue/, sends one file at a
// time, and deletes it on success.
//   smtp2graph_miniature.cjs DIRECTORY GRAPH-URL
const fs = require('fs');
const http = require('http');
const net = require('net');
const path = require('path');

const [directory, graph] = process.argv.slice(2);
for (const name of ['temp', 'queue']) fs.mkdirSync(path.join(directory, name), { recursive: true });
let sending = Promise.resolve();
let number = 0;

function send(file) {
  sending = sending.then(() => new Promise(sent => {
    const request = http.request(graph, { method: 'POST' }, response => {
      response.resume();
      response.on('end', () => {
        if (response.statusCode === 202) fs.unlinkSync(file);
        sent();
      });
    });
    request.on('error', sent);
    request.end(fs.readFileSync(file));
  }));
}

const server = net.createServer(connection => {
  const name = `${++number}.eml`;
  connection.on('error', () => {});
  connection.on('data', text => {
    const temporary = path.join(directory, 'temp', name);
    fs.writeFileSync(temporary, text);
    connection.end('250 accepted\r\n');
    setTimeout(() => {
      fs.renameSync(temporary, path.join(directory, 'queue', name));
      send(path.join(directory, 'queue', name));
    }, 50);
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

// Later versions of smtp2graph end at once.
process.on('SIGTERM', () => process.exit(0));
