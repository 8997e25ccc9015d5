// Shapes that only compilers before 0.5 take.
pragma solidity ^0.4.24;

contract Old {
    struct Game {
        address player;
        uint256 stake;
    }

    Game[] games;
    mapping(address => uint256) balances;
    mapping(address => mapping(address => uint256)) allowed;
    uint256 total;
    address[] creditors;

    function take(uint256 amount) public {
        if (balances[msg.sender] >= amount) {
            if (msg.sender.call.value(amount)()) { // finds: solidity-reentrancy
                balances[msg.sender] -= amount;
            }
        }
    }

    function takeInOrder() public {
        uint256 amount = balances[msg.sender];
        balances[msg.sender] = 0;
        require(msg.sender.call.value(amount)()); // spares: solidity-reentrancy, solidity-unchecked-call
    }

    function add(uint256 amount) public {
        total += amount; // finds: solidity-arithmetic-before-checked-compilers
    }

    function subtract(uint256 amount) public {
        require(total >= amount);
        total -= amount; // spares: solidity-arithmetic-before-checked-compilers
    }

    function play(uint256 stake) public {
        Game game; // finds: solidity-uninitialised-storage-pointer
        game.player = msg.sender;
        game.stake = stake;
    }

    function playWell(uint256 stake) public {
        Game memory game; // spares: solidity-uninitialised-storage-pointer
        game.player = msg.sender;
        game.stake = stake;
    }

    function clear() public {
        creditors = new address[](0); // finds: solidity-resized-storage-array
        creditors.length -= 1; // finds: solidity-resized-storage-array
        creditors.push(msg.sender); // spares: solidity-resized-storage-array
    }

    function approve(address spender, uint256 value) public returns (bool) {
        allowed[msg.sender][spender] = value; // finds: solidity-approve-race
        return true;
    }

    function increase(address spender, uint256 value) public returns (bool) {
        allowed[msg.sender][spender] = value; // spares: solidity-approve-race
        return true;
    }

    function digest(bytes body) public pure returns (bytes32) {
        return sha3(body); // finds: solidity-deprecated-functions
    }

    function digestNow(bytes body) public pure returns (bytes32) {
        return keccak256(body); // spares: solidity-deprecated-functions
    }
}
