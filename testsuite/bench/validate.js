// A JSON document against a JSON Schema, by ajv: exit status 0 valid, 1 not.
//
//     NODE_PATH=… node validate.js SCHEMA DOCUMENT
"use strict";

const fs = require("fs");
const Ajv = require("ajv");
const addFormats = require("ajv-formats");

const ajv = new Ajv();
addFormats(ajv);
const validate = ajv.compile(JSON.parse(fs.readFileSync(process.argv[2], "utf8")));
if (!validate(JSON.parse(fs.readFileSync(process.argv[3], "utf8")))) {
	console.error(validate.errors);
	process.exit(1);
}
