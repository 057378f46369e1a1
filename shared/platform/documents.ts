/** The folder of the documents, for texts that name one. The package has its own (package/instead/documents.ts). */
export const documents = 'docs';
