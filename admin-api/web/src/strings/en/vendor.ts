/** The vendor's desk. */
export const vendor = {
  title: "Your desk",
};
