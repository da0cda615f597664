import { expect, test } from '@jest/globals';
import { shortenConnectionError } from './grpc-client.js';

test.each([
  ['No connection established. Last error: Error: connect ECONNREFUSED 127.0.0.1:1. Resolution note: ', 'connect ECONNREFUSED 127.0.0.1:1'],
  ['No connection established. Last error: Protocol error (2026-11-25T02:11:57.706Z). Resolution note: ', 'Protocol error'],
  [
    'No connection established. Last error: Error: 407D1123FA7F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../a.c:77:\n',
    'SSL routines: wrong version number',
  ],
  ['Name resolution failed for target dns:nowhere:1', 'Name resolution failed for target dns:nowhere:1'],
])('%s', (details, want) => expect(shortenConnectionError(details)).toBe(want));
