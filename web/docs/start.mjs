/* global SwaggerUIBundle */
// A module runs after the page is read, and after the script above it.
SwaggerUIBundle({
  dom_id: '#reference',
  url: '/assets/docs/openapi.json',
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  // Its usual one is on the internet.
  validatorUrl: null,
});
