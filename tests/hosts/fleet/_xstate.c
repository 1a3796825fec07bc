// SPDX-License-Identifier: GPL-3.0-or-later
// SPDX-FileCopyrightText: fleetnet.linux_tcp contributors
//
// Lets User-Mode Linux run on a processor whose register state is larger than the kernel knows, such as one with AMX (private to
// tests/hosts/fleet). It is loaded before the C library, and its ptrace() stands in for that one's.
//
// 5.10, 6.1 and 6.12 keep a fixed number of bytes of each process (HOST_FP_SIZE, arch/x86/um); 7.2 asks the machine how many there are.
// Linux sets the registers of a traced process only from a buffer of its own full length, and says EFAULT to less (xstateregs_set,
// arch/x86/kernel/fpu/regset.c): there the kernel panics as soon as it starts its first process. Here the buffer is filled up. What is
// added is the state of registers that no process of the guest uses: AMX has to be asked for (arch_prctl, ARCH_REQ_XCOMP_PERM), and
// User-Mode Linux does not pass that on.
//
// Needs nothing but the C library's errno, so that it fits that of any Debian release.

enum { PTRACE_GETREGSET = 0x4204, PTRACE_SETREGSET = 0x4205, NT_X86_XSTATE = 0x202, SYS_PTRACE = 101 };

struct iovec {
    void *base;
    unsigned long length;
};

int *__errno_location(void);

// Not on the stack, since that is one of the kernel's own, of a few KiB. Only one thread may trace a process.
static char whole[1 << 16];
static unsigned long full_length; // 0: not known yet

static long call(long request, long pid, long address, void *data)
{
    long result;
    // The kernel's ptrace() returns what a PEEK reads through a pointer, which is the C library's to give.
    register void *fourth __asm__("r10") = data;
    __asm__ volatile("syscall" : "=a"(result) : "0"(SYS_PTRACE), "D"(request), "S"(pid), "d"(address), "r"(fourth) : "rcx", "r11", "memory");
    return result;
}

static long set_registers(long pid, struct iovec *given)
{
    struct iovec filled = {whole, sizeof whole};

    if (!full_length && call(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &filled) == 0) {
        full_length = filled.length;
        for (unsigned long at = 0; at < full_length; at++)
            whole[at] = 0;
    }
    if (given->length >= full_length)
        return call(PTRACE_SETREGSET, pid, NT_X86_XSTATE, given);
    filled.length = full_length;
    for (unsigned long at = 0; at < given->length; at++)
        whole[at] = ((char *)given->base)[at];
    return call(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &filled);
}

long ptrace(long request, long pid, long address, void *data)
{
    long read, result;
    int peeks = request >= 1 && request <= 3; // PEEKTEXT, PEEKDATA, PEEKUSER

    if (request == PTRACE_SETREGSET && address == NT_X86_XSTATE)
        result = set_registers(pid, data);
    else
        result = call(request, pid, address, peeks ? &read : data);
    if (result < 0) {
        *__errno_location() = (int)-result;
        return -1;
    }
    if (peeks) {
        *__errno_location() = 0;
        return read;
    }
    return result;
}
