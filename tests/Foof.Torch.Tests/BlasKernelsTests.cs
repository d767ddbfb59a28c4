using System.Runtime.Intrinsics.X86;
using TorchSharp;
using TorchSharp.Native;

namespace Foof.Torch.Tests;

public class BlasKernelsTests
{
    [Theory]
    [InlineData("Prescott", true, true, "SkylakeX")]
    [InlineData("Prescott", true, false, "Haswell")]
    [InlineData("Prescott", false, false, null)]
    [InlineData("SapphireRapids", true, true, null)]
    [InlineData("Zen", true, true, null)]
    [InlineData("Haswell", true, false, null)]
    [InlineData(null, true, true, null)]
    public void A_processor_that_OpenBLAS_does_not_know_gets_the_kernels_of_its_kind(
        string? chosen,
        bool hasAvx2,
        bool hasAvx512,
        string? better
    ) => Assert.Equal(better, BlasKernels.Better(chosen, hasAvx2, hasAvx512));

    [Fact]
    public void Products_are_not_computed_as_twenty_years_ago()
    {
        torch.ones(1).Dispose();
        var file = NativeLibraries.BlasFile;
        var kernels = file is null ? null : BlasKernels.ChosenBy(file);
        if (kernels is not null && Avx2.IsSupported)
            Assert.NotEqual("Prescott", kernels);
    }

    [Fact]
    public void A_file_without_a_library_has_no_kernels() =>
        Assert.Null(BlasKernels.ChosenBy("no-such-library.so"));
}
