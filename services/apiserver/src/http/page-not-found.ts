import { genericNotFoundPath, StatusError } from "@drydock/apimachinery";

/** Nothing is served at the path, nor anything that could be: upstream's last handler says so in plain text, not in a Status. */
export class PageNotFound extends StatusError {
  static readonly text = "404 page not found\n";

  constructor() {
    super(genericNotFoundPath().status);
  }
}
