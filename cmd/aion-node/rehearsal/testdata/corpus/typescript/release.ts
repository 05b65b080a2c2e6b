/** What the tests change to have another version. */
export const release = "one";
