/** The desk of approvers and operators. */
export const plant = {
  title: "The plant's desk",
};
