// One request a round: what k6 does in ci/bench-load.
import http from 'k6/http';

export default function () {
  http.get(__ENV.URL);
}
