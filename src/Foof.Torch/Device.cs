using System.Globalization;

namespace TorchSharp;

/// <summary>The kinds of device, with libtorch's numbers.</summary>
public enum DeviceType
{
    /// <summary>The processor.</summary>
    CPU = 0,

    /// <summary>An NVIDIA graphics card.</summary>
    CUDA = 1,

    /// <summary>Shapes without data.</summary>
    META = 14,
}

/// <summary>libtorch for .NET, with TorchSharp's public names.</summary>
public static partial class torch
{
    /// <summary>Where a tensor's elements are.</summary>
    public class Device
    {
        /// <summary>A device from its description: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>.</summary>
        /// <exception cref="ArgumentException">The description names no device.</exception>
        public Device(string description)
        {
            var parts = description.Split(':');
            type = Parse(parts[0], description);
            if (parts.Length > 2)
                throw Unknown(description);
            if (parts.Length == 2)
            {
                if (!int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var given))
                    throw Unknown(description);
                index = given;
            }
        }

        /// <summary>A device from its type's name and its index.</summary>
        /// <exception cref="ArgumentException">The name names no device.</exception>
        public Device(string deviceType, int index = -1)
            : this(Parse(deviceType, deviceType), index) { }

        /// <summary>A device from its type and its index (-1: the current one).</summary>
        public Device(DeviceType deviceType, int index = -1)
        {
            type = deviceType;
            this.index = index;
        }

        /// <summary>The CUDA device with this index.</summary>
        public Device(int index)
            : this(DeviceType.CUDA, index) { }

        /// <summary>The kind of device.</summary>
        public DeviceType type { get; private set; }

        /// <summary>Which one of its kind; -1 stands for the current one.</summary>
        public int index { get; private set; } = -1;

        /// <summary>The device that <paramref name="description"/> names.</summary>
        public static implicit operator Device(string description) => new(description);

        /// <summary>The description: <c>cpu</c>, <c>cuda:0</c>.</summary>
        public override string ToString() =>
            type.ToString().ToLowerInvariant() + (index < 0 || type != DeviceType.CUDA ? "" : $":{index}");

        private static DeviceType Parse(string name, string description) =>
            name.ToLowerInvariant() switch
            {
                "cpu" => DeviceType.CPU,
                "cuda" => DeviceType.CUDA,
                "meta" => DeviceType.META,
                _ => throw Unknown(description),
            };

        private static ArgumentException Unknown(string description) =>
            new($"A device is cpu, cuda, cuda:N or meta; got '{description}'.", nameof(description));
    }

    /// <summary>The processor.</summary>
    public static readonly Device CPU = new(DeviceType.CPU);

    /// <summary>The current CUDA device.</summary>
    public static Device CUDA { get; } = new(DeviceType.CUDA);

    /// <summary>Shapes without data.</summary>
    public static readonly Device META = new(DeviceType.META);

    /// <summary>The device that <paramref name="description"/> names.</summary>
    public static Device device(string description) => new(description);

    /// <summary>The device of this type and index.</summary>
    public static Device device(string deviceType, int index = -1) => new(deviceType, index);

    /// <summary>The device of this type and index.</summary>
    public static Device device(DeviceType deviceType, int index = -1) => new(deviceType, index);

    /// <summary>The CUDA device with this index.</summary>
    public static Device device(int index) => new(index);
}
