using System.Buffers.Binary;
using System.Text;

namespace Foof.CSharp.Tests.Files;

/// <summary>Safetensors files put together by hand.</summary>
internal static class HandMade
{
    internal static byte[] File(string header, params byte[] data) =>
        File((ulong)Encoding.UTF8.GetByteCount(header), Encoding.UTF8.GetBytes(header), data);

    internal static byte[] File(ulong length, byte[] header, byte[] data)
    {
        var prefix = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(prefix, length);
        return [.. prefix, .. header, .. data];
    }

    internal static string Entry(string name, string dtype, string shape, long begin, long end) =>
        $$"""
            "{{name}}":{"dtype":"{{dtype}}","shape":{{shape}},"data_offsets":[{{begin}},{{end}}]}
            """.Trim();
}
