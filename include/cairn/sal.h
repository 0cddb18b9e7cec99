/*
 * Microsoft's source annotations, all empty: they speak to an analyser that does not run here. Only names that occur in
 * code written for the Windows and driver headers, and that the C++ library does not use for its own purposes
 * (so not __in and __out).
 */
#ifndef _SAL_H
#define _SAL_H

#define _In_
#define _In_opt_
#define _In_z_
#define _In_opt_z_
#define _In_reads_(count)
#define _In_reads_opt_(count)
#define _In_reads_bytes_(bytes)
#define _In_reads_bytes_opt_(bytes)
#define _In_reads_z_(count)
#define _In_range_(low, high)

#define _Out_
#define _Out_opt_
#define _Out_writes_(count)
#define _Out_writes_opt_(count)
#define _Out_writes_z_(count)
#define _Out_writes_bytes_(bytes)
#define _Out_writes_bytes_opt_(bytes)
#define _Out_writes_to_(count, written)
#define _Out_writes_to_opt_(count, written)
#define _Out_writes_bytes_to_(bytes, written)
#define _Out_writes_bytes_to_opt_(bytes, written)
#define _Outptr_
#define _Outptr_opt_
#define _Outptr_result_maybenull_
#define _Outptr_result_bytebuffer_(bytes)

#define _Inout_
#define _Inout_opt_
#define _Inout_updates_(count)
#define _Inout_updates_opt_(count)
#define _Inout_updates_bytes_(bytes)
#define _Inout_updates_bytes_opt_(bytes)

#define _Ret_maybenull_
#define _Ret_notnull_
#define _Ret_z_
#define _Ret_writes_bytes_(bytes)
#define _Ret_writes_bytes_maybenull_(bytes)

#define _Success_(expression)
#define _Check_return_
#define _Must_inspect_result_
#define _Return_type_success_(expression)
#define _Use_decl_annotations_
#define _When_(condition, annotation)
#define _At_(target, annotation)
#define _Analysis_assume_(expression) ((void)0)
#define _Reserved_
#define _Null_terminated_
#define _Printf_format_string_
#define _Maybenull_
#define _Notnull_
#define _Valid_
#define _Pre_notnull_
#define _Pre_maybenull_
#define _Pre_opt_valid_
#define _Post_invalid_
#define _Post_ptr_invalid_
#define _Post_writable_byte_size_(bytes)
#define _Frees_ptr_
#define _Frees_ptr_opt_
#define _Field_size_(count)
#define _Field_size_bytes_(bytes)
#define _Struct_size_bytes_(bytes)
#define _Function_class_(name)

#define _IRQL_requires_max_(irql)
#define _IRQL_requires_(irql)
#define _IRQL_requires_same_

#define __drv_allocatesMem(kind)
#define __drv_freesMem(kind)
#define __drv_aliasesMem

#endif
