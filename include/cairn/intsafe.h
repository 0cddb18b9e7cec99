/*
 * Integer arithmetic and conversions that report overflow. For every type of the list below, under its intsafe name:
 *
 *     HRESULT <Name>Add(type a, type b, type *result), <Name>Sub, <Name>Mult
 *     HRESULT <From>To<Name>(from value, type *result), from every type to every type
 *
 * They return S_OK, or INTSAFE_E_ARITHMETIC_OVERFLOW with *result set to the type's _ERROR value (all bits one).
 * Inline, no library call, safe in any thread. Source: global-local-toolhelp-seh.md 11; Microsoft page "intsafe.h
 * header".
 * Limits of the types are in cairn_intsafe.h.
 */
#ifndef _INTSAFE_H_INCLUDED_
#define _INTSAFE_H_INCLUDED_

#include "cairn_intsafe.h"
#include "winerror.h"

#define INTSAFE_E_ARITHMETIC_OVERFLOW ((HRESULT)0x80070216)

#define CAIRN_INTSAFE_ARITHMETIC_HR(name, type)                                                                        \
    CAIRN_INTSAFE_ARITHMETIC(name, type, HRESULT, INTSAFE_E_ARITHMETIC_OVERFLOW)
#define CAIRN_INTSAFE_CONVERSION_HR(from_name, from_type, name, type)                                                  \
    CAIRN_INTSAFE_CONVERSION(from_name, from_type, name, type, HRESULT, INTSAFE_E_ARITHMETIC_OVERFLOW)
#define CAIRN_INTSAFE_CONVERSIONS_HR(name, type) CAIRN_INTSAFE_TO(CAIRN_INTSAFE_CONVERSION_HR, name, type)

CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_ARITHMETIC_HR)
CAIRN_INTSAFE_FROM(CAIRN_INTSAFE_CONVERSIONS_HR)

#undef CAIRN_INTSAFE_CONVERSIONS_HR
#undef CAIRN_INTSAFE_CONVERSION_HR
#undef CAIRN_INTSAFE_ARITHMETIC_HR

#endif
