declare module '@rjsf/validator-ajv8' {
  const validator: import('@rjsf/utils').ValidatorType;
  export default validator;
}
