// Examples for the rules. A line marked `finds:` must be found by these rules and by no others; one
// marked `spares:` is the mended form of the same thing, and must not be found.
pragma solidity ^0.8.20;

contract Access {
    address public owner;
    address public admin;
    mapping(address => bool) public minters;
    mapping(address => uint256) public balanceOf;
    uint256 public total;
    bool private initialized;
    uint256 public fee;
    IToken public token;

    modifier onlyOwner() {
        require(msg.sender == owner, "owner only");
        _;
    }

    modifier nonReentrant() {
        _;
    }

    constructor(address first) {
        require(first != address(0));
        owner = first; // spares: solidity-open-owner-setter, solidity-missing-zero-address-check
    }

    function phish() external {
        require(tx.origin == owner); // finds: solidity-tx-origin-authorization
        total = 0;
    }

    function peopleOnly() external {
        require(tx.origin == msg.sender); // spares: solidity-tx-origin-authorization
        total = 0;
    }

    function close() public {
        selfdestruct(payable(msg.sender)); // finds: solidity-unprotected-selfdestruct
    }

    function closeByOwner() public onlyOwner {
        selfdestruct(payable(owner)); // spares: solidity-unprotected-selfdestruct
    }

    function closeByTest() public {
        if (msg.sender != owner) revert();
        selfdestruct(payable(owner)); // spares: solidity-unprotected-selfdestruct
    }

    function run(address target, bytes calldata body) external {
        (bool ok, ) = target.delegatecall(body); // finds: solidity-delegatecall-to-callers-choice, solidity-delegatecall
        require(ok);
    }

    function runByOwner(address target, bytes calldata body) external onlyOwner {
        (bool ok, ) = target.delegatecall(body); // finds: solidity-delegatecall
        require(ok); // spares: solidity-delegatecall-to-callers-choice
    }

    function plainCall(bytes memory body) internal {
        (bool ok, ) = address(token).call(body); // spares: solidity-delegatecall, solidity-unchecked-call
        require(ok, "failed");
    }

    function setOwner(address next) public {
        require(next != address(0));
        owner = next; // finds: solidity-open-owner-setter
    }

    function setOwnerByOwner(address next) public onlyOwner {
        require(next != address(0));
        owner = next; // spares: solidity-open-owner-setter
    }

    function addMinter(address next) external {
        minters[next] = true; // finds: solidity-open-owner-setter
    }

    function addMinterByMinter(address next) external {
        require(minters[msg.sender], "minters only");
        minters[next] = true; // spares: solidity-open-owner-setter
    }

    function setAdmin(address next) external onlyOwner {
        admin = next; // finds: solidity-missing-zero-address-check
    }

    function setFee(uint256 next) external {
        fee = next; // finds: solidity-open-setting
    }

    function setFeeByOwner(uint256 next) external {
        _checkOwner();
        fee = next; // spares: solidity-open-setting
    }

    function takeOver() public {
        owner = msg.sender; // finds: solidity-claimable-ownership
    }

    function accept() public {
        require(msg.sender == admin);
        owner = msg.sender; // spares: solidity-claimable-ownership
    }

    function initialize(uint256 supply) external { // finds: solidity-unprotected-initializer
        total = supply;
    }

    function initializeOnce(uint256 supply) external { // spares: solidity-unprotected-initializer
        require(!initialized);
        initialized = true;
        total = supply;
    }

    function mint(address to, uint256 amount) external { // finds: solidity-open-mint
        balanceOf[to] += amount;
        total += amount;
    }

    function mintTo(address to, uint256 amount) external onlyOwner { // spares: solidity-open-mint
        balanceOf[to] += amount;
        total += amount;
    }

    function sweep() external {
        payable(msg.sender).transfer(address(this).balance); // finds: solidity-unprotected-withdrawal
    }

    function sweepByOwner() external onlyOwner {
        payable(msg.sender).transfer(address(this).balance); // spares: solidity-unprotected-withdrawal
    }

    function execute(address target, bytes calldata body) external {
        (bool ok, ) = target.call(body); // finds: solidity-call-to-callers-choice
        require(ok);
    }

    function executeByOwner(address target, bytes calldata body) external onlyOwner {
        (bool ok, ) = target.call(body); // spares: solidity-call-to-callers-choice
        require(ok);
    }

    function pull(address from, uint256 amount) external {
        require(token.transferFrom(from, address(this), amount)); // finds: solidity-arbitrary-from
    }

    function pullMine(uint256 amount) external {
        require(token.transferFrom(msg.sender, address(this), amount)); // spares: solidity-arbitrary-from, solidity-unchecked-token-transfer
    }
}

contract Payments {
    mapping(address => uint256) public shares;
    address[] public receivers;
    address payable public leader;
    bytes32 public solution;
    uint256 public highest;
    IToken public token;
    mapping(address => bytes32) public commitments;

    modifier nonReentrant() {
        _;
    }

    function forget(address payable to) internal {
        to.call(""); // finds: solidity-unchecked-call
        to.call{value: 1}(""); // finds: solidity-unchecked-call
        (bool sent, ) = to.call{value: 2}(""); // finds: solidity-unchecked-call
    }

    function remember(address payable to) internal returns (bool) {
        (bool sent, ) = to.call{value: 2}(""); // spares: solidity-unchecked-call
        return sent;
    }

    function rememberData(address payable to) internal {
        (bool sent, bytes memory reply) = to.call(""); // spares: solidity-unchecked-call
        if (!sent) revert(string(reply));
    }

    function lose(address payable to) internal {
        to.send(1); // finds: solidity-unchecked-send
        bool sent = to.send(2); // finds: solidity-unchecked-send
    }

    function keep(address payable to) internal {
        bool sent = to.send(1); // spares: solidity-unchecked-send
        if (!sent) {
            shares[to] += 1;
        }
    }

    function payToken(address to) internal {
        token.transfer(to, 1); // finds: solidity-unchecked-token-transfer
    }

    function withdraw(uint256 amount) external {
        require(shares[msg.sender] >= amount);
        (bool ok, ) = msg.sender.call{value: amount}(""); // finds: solidity-reentrancy
        require(ok);
        shares[msg.sender] -= amount;
    }

    function withdrawInOrder(uint256 amount) external {
        require(shares[msg.sender] >= amount);
        shares[msg.sender] -= amount;
        (bool ok, ) = msg.sender.call{value: amount}(""); // spares: solidity-reentrancy
        require(ok);
    }

    function withdrawGuarded(uint256 amount) external nonReentrant {
        (bool ok, ) = msg.sender.call{value: amount}(""); // spares: solidity-reentrancy
        require(ok);
        shares[msg.sender] = 0;
    }

    function credit(uint256 amount) external {
        unchecked {
            highest += amount; // finds: solidity-unchecked-block-arithmetic
        }
    }

    function creditBounded(uint256 amount) external {
        require(amount < 1e18);
        unchecked {
            highest += amount; // spares: solidity-unchecked-block-arithmetic
        }
    }

    function narrow(uint256 amount) external pure returns (uint128) {
        return uint128(amount); // finds: solidity-truncating-cast
    }

    function narrowBounded(uint256 amount) external pure returns (uint128) {
        require(amount <= type(uint128).max);
        return uint128(amount); // spares: solidity-truncating-cast
    }

    function draw() external view returns (uint256) {
        uint256 seed = uint256(keccak256(abi.encodePacked(block.timestamp, block.prevrandao))); // finds: solidity-weak-randomness
        return seed;
    }

    function label(uint256 number) external pure returns (bytes32) {
        return keccak256(abi.encode(number)); // spares: solidity-weak-randomness
    }

    function pick() external view returns (uint256) {
        return uint256(blockhash(block.number - 1)); // finds: solidity-blockhash-as-number
    }

    function proof() external view returns (bytes32) {
        return blockhash(block.number - 1); // spares: solidity-blockhash-as-number
    }

    function open(uint256 end) external view returns (bool) {
        return block.timestamp < end; // finds: solidity-timestamp-dependence
    }

    function opensAt(uint256 height) external view returns (bool) {
        return block.number < height; // spares: solidity-timestamp-dependence
    }

    function lucky(uint256 moment) external view returns (bool) {
        return block.timestamp == moment; // finds: solidity-timestamp-equality
    }

    function luckyBlock(uint256 height) external view returns (bool) {
        return block.number == height; // spares: solidity-timestamp-equality
    }

    function payAll() external {
        for (uint256 i = 0; i < receivers.length; i++) {
            payable(receivers[i]).transfer(1); // finds: solidity-payment-in-loop
        }
    }

    function owe() external {
        for (uint256 i = 0; i < receivers.length; i++) {
            shares[receivers[i]] += 1; // spares: solidity-payment-in-loop
        }
    }

    function bid() external payable {
        require(leader.send(highest)); // finds: solidity-payment-must-succeed
        leader = payable(msg.sender);
    }

    function bidAndOwe() external payable {
        shares[leader] += highest; // spares: solidity-payment-must-succeed
        leader = payable(msg.sender);
    }

    function solve(string memory guess) external {
        require(keccak256(bytes(guess)) == solution);
        payable(msg.sender).transfer(1 ether); // finds: solidity-puzzle-without-commitment
    }

    function solveCommitted(string memory guess) external {
        require(commitments[msg.sender] == keccak256(abi.encode(guess, msg.sender)));
        require(keccak256(bytes(guess)) == solution);
        payable(msg.sender).transfer(1 ether); // spares: solidity-puzzle-without-commitment
    }

    function settled() external view returns (bool) {
        return address(this).balance == 10 ether; // finds: solidity-exact-balance
    }

    function funded() external view returns (bool) {
        return address(this).balance >= 10 ether; // spares: solidity-exact-balance
    }

    function key(string memory first, string memory second) external pure returns (bytes32) {
        return keccak256(abi.encodePacked(first, second)); // finds: solidity-packed-hash-collision
    }

    function keyOf(string memory first, string memory second) external pure returns (bytes32) {
        return keccak256(abi.encode(first, second)); // spares: solidity-packed-hash-collision
    }

    function signed(bytes32 hash, uint8 v, bytes32 r, bytes32 s, address who) external pure returns (bool) {
        return ecrecover(hash, v, r, s) == who; // finds: solidity-ecrecover-zero
    }

    function signedWell(bytes32 hash, uint8 v, bytes32 r, bytes32 s, address who) external pure returns (bool) {
        address found = ecrecover(hash, v, r, s); // spares: solidity-ecrecover-zero
        require(found != address(0));
        return found == who;
    }
}
