/* global SwaggerUIBundle */

/**
 * Shows of each answer what the document has first. Swagger UI would show the media type of the answer with status 200
 * instead, which for errors is that of API Gateway's own: a caller of the API meets a problem document.
 */
const firstOfEachAnswer = {
  wrapComponents: {
    response:
      (Answer, { React }) =>
      (props) =>
        React.createElement(Answer, {
          ...props,
          contentType: props.response.get('content')?.keySeq().first(),
        }),
  },
};

// A module runs after the page is read, and after the script above it.
SwaggerUIBundle({
  dom_id: '#reference',
  url: '/assets/docs/openapi.json',
  deepLinking: true,
  filter: true,
  tryItOutEnabled: true,
  // Its usual one is on the internet.
  validatorUrl: null,
  plugins: [firstOfEachAnswer],
});
