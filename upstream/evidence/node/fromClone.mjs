// Has this process take the SDK from the folder of a clone that FROM_CLONE names, in place of the packages from npm.

import { register } from 'node:module';
import { pathToFileURL } from 'node:url';

const folder = process.env.FROM_CLONE;
if (folder) register('./fromCloneHooks.mjs', import.meta.url, { data: pathToFileURL(`${folder}/package.json`).href });
