// Prints the text of each record of a stream, until so many have come; the library reconnects by itself.
import { EventSource } from 'eventsource';

const [url, count] = process.argv.slice(2);
const source = new EventSource(url);
let seen = 0;
source.onmessage = event => {
  console.log(JSON.parse(event.data).text);
  if (++seen === Number(count)) source.close();
};
