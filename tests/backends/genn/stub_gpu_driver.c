/* A stub GPU driver: answers what GeNN asks before it writes code for CUDA. Nothing can run on it.

   GeNN reads a GPU's kind and limits, and of every kernel its registers and shared memory, to
   choose block sizes. Loaded ahead of the CUDA runtime and in the driver's stead (LD_PRELOAD),
   this answers for one GPU of compute capability 9.0; every other call finds no driver. */

#include <cuda.h>
#include <cuda_runtime_api.h>
#include <string.h>

static int handle; /* what every handle points to */

cudaError_t cudaGetDeviceCount(int *count) { return *count = 1, cudaSuccess; }
cudaError_t cudaSetDevice(int device) { return device ? cudaErrorInvalidDevice : cudaSuccess; }

cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *found, int device)
{
    memset(found, 0, sizeof *found);
    strcpy(found->name, "stub GPU");
    found->major = 9;
    found->multiProcessorCount = 132;
    found->maxThreadsPerBlock = 1024;
    found->maxThreadsPerMultiProcessor = 2048;
    found->regsPerBlock = 65536;
    found->sharedMemPerMultiprocessor = 228 << 10; /* bytes */
    found->totalGlobalMem = (size_t)80 << 30;      /* bytes */
    found->maxGridSize[0] = 2147483647;
    found->maxGridSize[1] = found->maxGridSize[2] = 65535;
    found->maxThreadsDim[0] = found->maxThreadsDim[1] = 1024;
    found->maxThreadsDim[2] = 64;
    return device ? cudaErrorInvalidDevice : cudaSuccess;
}

CUresult cuDeviceGet(CUdevice *device, int which) { return *device = which, CUDA_SUCCESS; }

#if CUDA_VERSION < 13000
CUresult cuCtxCreate(CUcontext *made, unsigned flags, CUdevice device)
#else
CUresult cuCtxCreate(CUcontext *made, CUctxCreateParams *how, unsigned flags, CUdevice device)
#endif
{
    return *made = (CUcontext)&handle, CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) { return CUDA_SUCCESS; }
CUresult cuCtxDestroy(CUcontext context) { return CUDA_SUCCESS; }

CUresult cuModuleLoad(CUmodule *made, const char *path)
{
    return *made = (CUmodule)&handle, CUDA_SUCCESS;
}
CUresult cuModuleUnload(CUmodule module) { return CUDA_SUCCESS; }

CUresult cuModuleGetFunction(CUfunction *found, CUmodule module, const char *name)
{
    return *found = (CUfunction)&handle, CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute which, CUfunction function)
{
    return *value = which == CU_FUNC_ATTRIBUTE_NUM_REGS ? 64 : 0, CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult error, const char **name) { return *name = "", CUDA_SUCCESS; }
